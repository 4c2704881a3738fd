/** Makes a rejection that nobody handles fail the spec it came from: mocha alone lets it pass. */
process.on('unhandledRejection', (reason) => {
  throw reason;
});

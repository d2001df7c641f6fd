# THON itself in a container, next to the Docker engine whose socket it gets: see compose.yaml.
ARG NODE=24

FROM node:${NODE}-bookworm-slim AS build
WORKDIR /thon
COPY . .
# Serving the dashboard does not need what builds it.
RUN node scripts/setup.mjs --web && rm -rf tests bench && npm prune --omit=dev --no-audit --no-fund --loglevel=error

FROM node:${NODE}-bookworm-slim
# Rules that keep sandboxes apart are set with iptables.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates iptables && rm -rf /var/lib/apt/lists/*
COPY --from=build /thon /thon
RUN ln -s /thon/bin/thon.mjs /usr/local/bin/thon
ENV THON_DB_PATH=/data/thon.db THON_WORKSPACE_DIR=/data/workspace
VOLUME /data
WORKDIR /data
EXPOSE 8100 8501
CMD ["thon", "serve"]

# syntax=docker/dockerfile:1
# Three images from one source; compose.yaml uses them all.
#   docker build --target api .      `idv api`, `idv migrate`, `idv keys`: holds no model runtime
#   docker build --target models .   `idv models fetch`, which needs Python: fills the volume /models once
#   docker build .                   every command; reads the models from the volume /models
FROM rust:1.95-bookworm AS source
WORKDIR /src
COPY . .

FROM source AS build-api
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,id=idv-api,target=/src/target \
    cargo build --release --locked --no-default-features --features api && strip -o /idv target/release/idv

FROM source AS build-full
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,id=idv-full,target=/src/target \
    cargo build --release --locked && strip -o /idv target/release/idv

# libpq, which is built in, speaks TLS through the system's OpenSSL.
FROM debian:bookworm-slim AS runtime
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin idv \
    && install -d -o idv -g idv -m 700 /data && install -d -o idv -g idv /models
# The earlier systems' interfaces know no keys and are left out where every address is open; docs/migrating.md.
ENV IDV_DATA_DIR=/data IDV_MODELS__DIR=/models IDV_SERVER__LISTEN=0.0.0.0:8080 IDV_COMPAT=
WORKDIR /data
EXPOSE 8080
# Asks the process whether it lives; a worker answers on the port of `worker.listen`, given as HEALTH_PORT.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/${HEALTH_PORT:-8080}; printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3; read -r _ code _ <&3; [ \"$code\" = 200 ]"]
USER 10001:10001
ENTRYPOINT ["idv"]

FROM runtime AS api
COPY --from=build-api /idv /usr/local/bin/idv
CMD ["api"]

FROM runtime AS models
USER root
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build-full /idv /usr/local/bin/idv
COPY scripts/fetch-models /usr/local/share/idv/scripts/fetch-models
COPY models /usr/local/share/idv/models
USER 10001:10001
HEALTHCHECK NONE
CMD ["models", "fetch"]

FROM runtime AS full
USER root
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*
USER 10001:10001
COPY --from=build-full /idv /usr/local/bin/idv
CMD ["serve"]

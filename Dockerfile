# Build with `docker build -t authy2 .`; run with /data on a volume, or use compose.yaml.

# The launcher installs the Bun that package.json pins, so the version is written down in one place only.
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY . .
RUN scripts/build && mkdir /empty

# glibc, CA certificates and time zones; no shell and no package manager.
FROM gcr.io/distroless/base-debian12:nonroot
COPY --from=build /build/dist/authy2 /usr/local/bin/authy2
COPY --from=build --chown=nonroot:nonroot /empty /data
ENV NODE_ENV=production HOST=0.0.0.0 PORT=5000 DATA_DIR=/data
WORKDIR /data
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/usr/local/bin/authy2", "health"]
ENTRYPOINT ["/usr/local/bin/authy2"]
CMD ["serve"]

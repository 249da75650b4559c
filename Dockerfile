# syntax=docker/dockerfile:1

# The gateway as one native binary in an image without a shell, run by a user without rights.
#   docker build --build-arg COMMIT=$(git rev-parse HEAD) -t edge .
# On x64 it asks for a processor with AVX2 (x86-64-v3). For older ones: --build-arg INSTRUCTION_SET=x86-64-v2
#   docker run -p 8080:8080 -v ./edge.yaml:/etc/edge/edge.yaml:ro edge

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ARG TARGETARCH
# The native linker and what it links with.
RUN apt-get update \
    && apt-get install -y --no-install-recommends clang zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source

# The packages change less often than the sources, so they are a layer of their own.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Edge/Edge.csproj src/Edge/
COPY src/Edge.Core/Edge.Core.csproj src/Edge.Core/
RUN case "$TARGETARCH" in amd64) arch=x64 ;; *) arch="$TARGETARCH" ;; esac \
    && dotnet restore src/Edge -r "linux-$arch"

COPY .editorconfig LICENSE ./
COPY src src
# There is no git history in the build's context, so the commit that `edge --version` tells comes from outside.
ARG COMMIT=unknown
ARG INSTRUCTION_SET=
RUN case "$TARGETARCH" in amd64) arch=x64 ;; *) arch="$TARGETARCH" ;; esac \
    && dotnet publish src/Edge -c Release -r "linux-$arch" --no-restore -p:SourceRevisionId="$COMMIT" \
        ${INSTRUCTION_SET:+"-p:IlcInstructionSet=$INSTRUCTION_SET"} -o /publish

# Holds libc, libstdc++, OpenSSL and the CA certificates; no shell, no package manager, no time zones (all times are UTC).
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
COPY --from=build /source/LICENSE /LICENSE
COPY --from=build /publish/edge /edge
USER $APP_UID
EXPOSE 8080 8443 9901
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["/edge", "health"]
ENTRYPOINT ["/edge"]
CMD ["run", "--config", "/etc/edge/edge.yaml"]

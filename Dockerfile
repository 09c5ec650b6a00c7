# Tocsin in two stages: the first installs from the hashed lock, the second has Python, the environment and no tools.
# EXTRAS says which optional parts go in.
FROM python:3.11.14-slim-bookworm AS build

ARG EXTRAS="console,answers,reports,mail"
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build

# The installer itself is taken from the lock, by its hashes.
COPY requirements.lock ./
RUN awk '/^uv==/ {on = 1} on {print} on && !/\\$/ {exit}' requirements.lock > uv.lock \
    && python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r uv.lock \
    && python -m venv --without-pip /opt/tocsin

# What is installed is bound to the lock's versions, and each file to its hashes; so are the tools that build the wheel.
COPY pyproject.toml README.md LICENSE ./
COPY plant plant
COPY ingest ingest
COPY rules rules
COPY alerts alerts
COPY simulators simulators
COPY dashboards dashboards
COPY tocsin tocsin
RUN uv pip install --python /opt/tocsin/bin/python \
    --constraints requirements.lock --build-constraints requirements.lock ".[${EXTRAS}]"


FROM python:3.11.14-slim-bookworm

LABEL org.opencontainers.image.title="Tocsin" \
      org.opencontainers.image.description="Early warning for work safety: readings in, alarms out" \
      org.opencontainers.image.licenses="Apache-2.0"

RUN groupadd --gid 10001 tocsin \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/tocsin --shell /usr/sbin/nologin tocsin \
    && install -d -o 10001 -g 10001 -m 0750 /var/lib/tocsin \
    && install -d -o 10001 -g 10001 -m 0755 /keys \
    && install -d -m 0755 /etc/tocsin

COPY --from=build /opt/tocsin /opt/tocsin

ENV PATH=/opt/tocsin/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib

WORKDIR /etc/tocsin
VOLUME /var/lib/tocsin
USER 10001:10001
STOPSIGNAL SIGTERM
EXPOSE 8080 9108 9109
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-m", "tocsin.deploy.probe", "http://127.0.0.1:9108/readyz"]
ENTRYPOINT ["tocsin"]
CMD ["run", "--config", "/etc/tocsin/tocsin.toml"]

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY engine engine
COPY storage storage
COPY bot bot
RUN python -m venv /opt/skipper && /opt/skipper/bin/pip install --no-cache-dir '.[postgres]'

FROM python:3.11-slim
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin skipper \
 && install -d -o skipper -g skipper -m 0700 /data
COPY --from=build /opt/skipper /opt/skipper
ENV PATH=/opt/skipper/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SKIPPER_CONFIG=/data/skipper.toml
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
  CMD ["skipper", "status", "--json", "--require-running"]
ENTRYPOINT ["skipper"]
CMD ["run"]

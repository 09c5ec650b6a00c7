"""The settings that `tocsin env` writes: of Tocsin, alone or as a cluster, of the broker, and of docker-compose.yml."""

from typing import Final

IN_CONTAINER: Final = "/mosquitto/config"
"""Where the broker's folder stands in its container."""

BROKER_TLS: Final = f"""listener 8883
cafile {IN_CONTAINER}/ca.pem
certfile {IN_CONTAINER}/server.pem
keyfile {IN_CONTAINER}/server.key
tls_version tlsv1.2
"""
"""The broker's one way in. Its container's port is opened on 127.0.0.1 alone unless .env says otherwise."""

BROKER_MORE: Final = """
persistence_location /mosquitto/data/
log_dest stdout
"""

TOCSIN_TOML: Final = """\
# The settings of Tocsin in docker-compose.yml. Names of hosts are those of its services, paths those in its containers.
site = "/etc/tocsin/site"
data = "/var/lib/tocsin"

[[mqtt]]
url = "mqtts://mosquitto:8883"
name = "broker"
username = "tocsin"
password_file = "/run/secrets/mqtt_password"
ca_file = "/run/secrets/broker_ca"

[http]
listen = "0.0.0.0:9108"

[influx]
url = "http://influxdb:8086"
org = "tocsin"
bucket = "readings"
token_file = "/run/secrets/influx_token"

[console]
listen = "0.0.0.0:8080"
public_url = "http://127.0.0.1:8080"

[answers]
public_url = "{public_url}"
secret_file = "/run/secrets/link_secret"
listen = "0.0.0.0:9109"

# Who is told what stands in site/routes.yaml. This channel writes a file, so that routes can be tried.
[[channel]]
kind = "file"
name = "notices"
path = "/var/lib/tocsin/notices.jsonl"
"""

CLUSTER_TOML: Final = (
    TOCSIN_TOML.replace("of Tocsin in docker-compose.yml.", "of Tocsin as a cluster in docker-compose.yml.")
    + """
# Brokers and clients show each other certificates of an authority that vouches for nobody else.
[kafka]
bootstrap = ["kafka-1:9092", "kafka-2:9092", "kafka-3:9092"]
partitions = 8
replication = 3
security = "tls"
ca_file = "/run/secrets/kafka_ca"
cert_file = "/run/secrets/kafka_cert"
key_file = "/run/secrets/kafka_key"

[database]
url = "postgresql://postgres:5432/tocsin"
user = "tocsin"
password_file = "/run/secrets/database_password"
"""
)

PROFILES: Final = "COMPOSE_PROFILES="
DOT_ENV: Final = """\
# What docker-compose.yml takes from here. No secrets: those are files under {folder}/secrets.
# `single`: one process over its own journal; `cluster`: many over Kafka and PostgreSQL. Never both.
{profile}
# Addresses on which ports are opened. 127.0.0.1 is this machine alone; put a TLS proxy before what people use.
TOCSIN_BIND=127.0.0.1
# Devices connect here; it is TLS with a password for each enterprise, so 0.0.0.0 is meant for this one.
TOCSIN_MQTT_BIND=127.0.0.1
TOCSIN_MQTT_PORT=8883
TOCSIN_CONSOLE_PORT=8080
TOCSIN_ANSWERS_PORT=9109
TOCSIN_METRICS_PORT=9108
TOCSIN_GRAFANA_PORT=3000
TOCSIN_INFLUX_PORT=8086
# What `tocsin env` made.
TOCSIN_DEPLOY={folder}
"""

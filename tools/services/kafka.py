"""Kafka: Maven resolves the broker as a dependency of an empty project; Java comes by Debian's package if missing."""

import os
import shutil
import tempfile
from pathlib import Path

from .debian import install
from .recipe import Recipe, ServiceError, cache_folder, need, run

VERSION = "4.1.0"

_POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tocsin.local</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""


def find() -> Path | None:
    """The folder of the broker's jars, where there is a Java to run them."""
    jars = _jars()
    return jars if (jars / f"kafka_2.13-{VERSION}.jar").exists() and shutil.which("java") else None


def bring() -> Path:
    """Fetch the jars, unless they are there. A download that is cut short leaves nothing behind."""
    there = find()
    if there is not None:
        return there
    packages = {"java": "openjdk-17-jre-headless", "mvn": "maven"}
    missing = [package for program, package in packages.items() if shutil.which(program) is None]
    if missing:
        install("kafka", missing)
    maven = need("mvn", "install Maven")
    jars = _jars()
    if not jars.exists():
        _fetch(maven, jars)
    found = find()
    if found is None:
        raise ServiceError(f"java is missing, or {jars} has no broker in it")
    return found


def _fetch(maven: str, jars: Path) -> None:
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="kafka-build-") as folder:
        build = Path(folder)
        (build / "pom.xml").write_text(_POM)
        log = jars.parent / "build.log"
        log.unlink(missing_ok=True)
        copy = [maven, "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={build / 'jars'}"]
        run("the broker's jars, 43 MB", copy, log, build)
        os.replace(build / "jars", jars)


def _jars() -> Path:
    return cache_folder() / f"kafka-{VERSION}" / "jars"


RECIPE = Recipe("kafka", VERSION, find, bring)

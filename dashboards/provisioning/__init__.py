"""What Grafana is told besides the boards: where its data is, where boards lie, and the second line of alert rules.

`python -m dashboards.provisioning` writes the files that a Grafana reads when it starts, into this folder, which may be
mounted as Grafana's own provisioning folder.
"""

from dashboards.provisioning.second_line import FOLDER_TITLE, GROUP, INTERVAL_S, RULES, SecondLineRule

__all__ = ["FOLDER_TITLE", "GROUP", "INTERVAL_S", "RULES", "SecondLineRule"]

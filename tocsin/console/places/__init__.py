"""What pages about places show, as data and as HTML: risk, enterprises, units, points, devices."""

"""The notifier: the alarm book of a site in cluster mode, and who is told of it."""

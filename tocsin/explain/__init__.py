"""Why an alarm was raised: decided again from the log under the rules of its time, and told in words."""

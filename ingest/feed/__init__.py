"""Recorded feeds: reading, writing, and the log entries that a replay makes of them."""

from ingest.feed.csv_reader import Progress
from ingest.feed.entries import count_entries, entries_of_feed
from ingest.feed.feed import Feed, feed_of_batch
from ingest.feed.read import read_feed
from ingest.feed.write import write_feed

__all__ = ["Feed", "Progress", "count_entries", "entries_of_feed", "feed_of_batch", "read_feed", "write_feed"]

"""Reports over a period: what the alarm book and the journal say, as figures, tables and a page to print."""

"""A site folder as an Excel workbook, and back: a sheet for each table, one for site.yaml. Needs the extra `excel`."""

from tocsin.excel.exporting import export_site
from tocsin.excel.importing import import_site

__all__ = ["export_site", "import_site"]

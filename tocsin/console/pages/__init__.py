"""The pages. Every module in this folder is loaded when the console starts; `@page` in it makes a page."""

"""The layout of graphs, which the readings share: ``layers`` orders, ``rows`` gives places and routes."""

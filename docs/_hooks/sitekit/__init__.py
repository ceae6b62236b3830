"""Turn percent-format notebooks into Material pages: executed, checked, themed, without scripts."""

"""The documentation site: from the tree's own documents and contract, without the network."""

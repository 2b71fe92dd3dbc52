"""FranceConnect, or another OpenID provider: who somebody is, said by somebody we trust."""

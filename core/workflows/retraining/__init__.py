"""Gold and accepted synthetic sentences into candidate models."""

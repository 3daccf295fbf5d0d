"""Activities (PLAs and webinars), their sessions, components, hosts, money, outcomes and resources."""

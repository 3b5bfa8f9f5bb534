"""Several gateways that act as one: who is there, which nodes each holds, and jobs that go from one to another."""

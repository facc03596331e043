"""HTTP/1.1 below the app: connections and their limits, the head of a request, hosts and origins that are served."""

"""From a job to pictures: what a render is made of, its host, what comes of it."""

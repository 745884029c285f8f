"""One run from config to artefacts: compose, build, launch, train, and saved runs opened again."""

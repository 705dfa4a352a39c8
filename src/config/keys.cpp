// replaced by the config work

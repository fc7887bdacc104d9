module btc-watcher/watchdog

go 1.24

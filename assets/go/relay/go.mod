module btc-watcher/relay

go 1.24

module btc-watcher/logrun

go 1.24

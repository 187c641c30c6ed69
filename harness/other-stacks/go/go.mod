module example.invalid/other-stack-go

go 1.19

"""Takes each defence of docs/hostile-inputs.md or docs/faults.md away, one at a time: does its test notice?"""

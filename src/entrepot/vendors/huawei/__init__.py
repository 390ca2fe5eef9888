"""Huawei Cloud: what IoTDA and ROMA Connect share (signature, IAM), and a folder for each."""

print("wire-generator")

import ArgumentParser
import MRDLExport

extension ModelEncoding: ExpressibleByArgument {}

import Glibc

/// Keeps secrets on the command line out of what other users see of a process.
enum HiddenArguments {
    /// Overwrites the values of these options where the system shows them (`ps`, `/proc/PID/cmdline`).
    ///
    /// Called first of all; the moment before it remains, so the environment is the better place.
    static func hide(_ settings: [Setting]) {
        let flags = settings.map(\.flag)
        var isValue = false
        for index in 0..<Int(CommandLine.argc) {
            guard let word = CommandLine.unsafeArgv[index] else { return }
            let text = String(cString: word)
            if isValue {
                memset(word, Int32(UInt8(ascii: "*")), strlen(word))
            } else if let flag = flags.first(where: { text.hasPrefix($0 + "=") }) {
                memset(word + flag.utf8.count + 1, Int32(UInt8(ascii: "*")), strlen(word) - flag.utf8.count - 1)
            }
            isValue = !isValue && flags.contains(text)
        }
    }
}

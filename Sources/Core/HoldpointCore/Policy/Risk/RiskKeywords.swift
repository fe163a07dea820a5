import JSON

/// Words in a tool's name that tell how much harm it may do.
struct RiskKeywords: Sendable {
    /// The risk of a word, in small letters without accents.
    private var words: [String: Risk] = [:]
    /// Beginnings of words.
    private var stems: [(stem: String, risk: Risk)] = []

    /// The highest risk of the words of some texts; nil if none is known.
    func risk(of texts: [String]) -> Risk? {
        var found: Risk?
        for text in texts {
            for word in Self.words(of: text) {
                for risk in [words[word], stems.first { word.utf8.starts(with: $0.stem.utf8) }?.risk] {
                    if let risk, found.map({ $0 < risk }) ?? true { found = risk }
                }
            }
        }
        return found
    }

    private mutating func add(_ keyword: String, _ risk: Risk) {
        let isStem = keyword.utf8.last == UInt8(ascii: "*")
        let folded = Self.words(of: isStem ? String(keyword.dropLast()) : keyword).joined()
        if isStem {
            // The highest risk comes first, since the first that fits is taken.
            let place = stems.firstIndex { $0.risk < risk } ?? stems.count
            stems.insert((folded, risk), at: place)
        } else if words[folded].map({ $0 < risk }) ?? true {
            words[folded] = risk
        }
    }

    /// The words of a name: cut at whatever is neither a letter nor a digit, and before a capital after a small letter.
    static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasSmall = false
        for scalar in text.unicodeScalars {
            let isLetter = isLetterOrDigit(scalar)
            if !isLetter || wasSmall && isCapital(scalar) {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if isLetter { word += folded(scalar) }
            wasSmall = isLetter && !isCapital(scalar) && !("0"..."9").contains(scalar)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    // Unicode's tables are asked only where the byte itself does not tell.
    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: !scalar.isASCII && scalar.properties.isAlphabetic
        }
    }

    private static func isCapital(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? ("A"..."Z").contains(scalar) : scalar.properties.isUppercase
    }

    /// A letter as a small one without the accents of French.
    private static func folded(_ scalar: Unicode.Scalar) -> String {
        if scalar.isASCII {
            let bit: UInt8 = isCapital(scalar) ? 0x20 : 0
            return String(Unicode.Scalar(UInt8(scalar.value) | bit))
        }
        let small = scalar.properties.lowercaseMapping
        return switch small {
        case "à", "â", "ä", "á": "a"
        case "ç": "c"
        case "é", "è", "ê", "ë": "e"
        case "î", "ï", "í": "i"
        case "ô", "ö", "ó": "o"
        case "ù", "û", "ü", "ú": "u"
        case "ÿ": "y"
        case "œ": "oe"
        case "æ": "ae"
        default: small
        }
    }
}

extension RiskKeywords {
    /// The built-in lists, English and French.
    private static let builtIn: [(Risk, [String])] = [
        (
            .critical,
            [
                "drop", "purge", "wipe", "destroy", "erase", "terminate", "shutdown", "truncate", "revoke", "detruire",
                "purger", "effacer", "resilier", "revoquer", "vider",
            ]
        ),
        (
            .high,
            [
                "delete", "remove", "cancel", "pay", "payment*", "transfer*", "refund*", "invoice*", "charge", "wire",
                "withdraw*", "deploy*", "publish", "execute", "grant", "password*", "supprimer", "annuler", "payer",
                "paiement*", "virement*", "rembours*", "factur*", "prelev*", "deployer", "publier", "executer",
            ]
        ),
        (
            .medium,
            [
                "create", "update", "write", "edit", "modify", "send", "post", "put", "upload", "move", "rename",
                "invite", "book", "commit", "push", "creer", "modifier", "ecrire", "envoyer", "deplacer", "renommer",
                "inviter", "reserver",
            ]
        ),
        (
            .low,
            [
                "get", "list", "read", "search", "find", "show", "view", "count", "describe", "obtenir", "lister",
                "lire", "chercher", "trouver", "afficher", "voir", "compter",
            ]
        ),
    ]

    /// The built-in lists, each replaced where others are given.
    init(replacing lists: [Risk: [String]]) {
        for (risk, keywords) in Self.builtIn {
            for keyword in lists[risk] ?? keywords { add(keyword, risk) }
        }
    }

    /// Whether a text is one word, possibly with an asterisk at its end.
    static func isKeyword(_ text: String) -> Bool {
        let word = text.utf8.last == UInt8(ascii: "*") ? String(text.dropLast()) : text
        return words(of: word).count == 1 && word.unicodeScalars.allSatisfy { !"_-. */".unicodeScalars.contains($0) }
    }
}

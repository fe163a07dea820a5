/// One step through a YAML text, as libyaml reports it.
package struct YAMLEvent: Sendable, Equatable {
    /// What it says.
    package let content: Content
    /// Where it begins.
    package let place: YAMLPlace

    /// What an event says.
    package enum Content: Sendable, Equatable {
        /// A document begins; the version is that of its `%YAML` directive, if it has one.
        case documentStart(version: YAMLVersion?)
        /// The document ends.
        case documentEnd
        /// `*name`: what the anchor of that name stands at.
        case alias(String)
        /// A text, without quotes and with escapes resolved.
        case scalar(YAMLScalar)
        /// A list begins.
        case sequenceStart(YAMLProperties)
        /// The list that began last ends.
        case sequenceEnd
        /// A mapping begins: keys and values in turn.
        case mappingStart(YAMLProperties)
        /// The mapping that began last ends.
        case mappingEnd
        /// The text ends.
        case streamEnd
    }
}

/// A scalar.
package struct YAMLScalar: Sendable, Equatable {
    /// The text that it stands for.
    package let text: String
    /// Whether it was written without quotes and not as a block, so that a schema says what it is.
    package let isPlain: Bool
    /// What was written before it.
    package let properties: YAMLProperties

    package init(text: String, isPlain: Bool, properties: YAMLProperties = YAMLProperties()) {
        self.text = text
        self.isPlain = isPlain
        self.properties = properties
    }
}

/// What may stand before a value.
package struct YAMLProperties: Sendable, Equatable {
    /// The name after `&`.
    package let anchor: String?
    /// The whole tag, such as `tag:yaml.org,2002:str`.
    package let tag: String?

    package init(anchor: String? = nil, tag: String? = nil) {
        self.anchor = anchor
        self.tag = tag
    }
}

/// The version that a `%YAML` directive names.
package struct YAMLVersion: Sendable, Equatable {
    /// Before the point.
    package let major: Int
    /// Behind the point.
    package let minor: Int

    package init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }
}

/// A place in a text, for people.
package struct YAMLPlace: Sendable, Equatable {
    /// The line, from 1.
    package let line: Int
    /// The column in Unicode scalars, from 1.
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// Why a text is not YAML that is read here, and where.
package struct YAMLError: Error, Sendable, Equatable {
    /// One sentence fragment for people; it repeats nothing of the text.
    package let detail: String
    /// Where.
    package let place: YAMLPlace

    package init(_ detail: String, at place: YAMLPlace) {
        self.detail = detail
        self.place = place
    }
}

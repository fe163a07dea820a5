/// Which release of Holdpoint this is.
enum Release {
    /// Its version.
    static let version = "0.1.0"
}

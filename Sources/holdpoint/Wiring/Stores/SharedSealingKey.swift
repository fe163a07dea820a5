import Glibc
import HoldpointPorts
import PostgresJournal

/// The key under which all nodes seal that share a database, and the database's memory of which one that is.
///
/// The database keeps a keyed fingerprint, from which nothing can be learned of the key. So a node with another key is
/// refused before it seals what nobody else could open.
struct SharedSealingKey {
    private let fingerprint: String
    private let path: String

    init(_ box: any SecretBox, path: String) {
        fingerprint = box.fingerprint([], context: "holdpoint sealing key")
        self.path = path
    }

    /// Reads the key file, which must be there: a node that made one would seal what no other node can open.
    static func box(at path: String) throws(CommandFailure) -> any SecretBox {
        guard access(path, F_OK) == 0 else {
            throw CommandFailure(
                .dataInaccessible,
                "\(path) is not there: 'holdpoint migrate --sealing-key FILE' makes the key, once for all nodes")
        }
        return try SealingKey.box(existing: path)
    }

    /// Reads the key file, which is made if it is missing and the database remembers none.
    static func make(_ path: String, for journal: PostgresJournal) async throws(CommandFailure) -> any SecretBox {
        let isRemembered: Bool
        do throws(JournalError) {
            isRemembered = try await journal.sealingKeyFingerprint() != nil
        } catch {
            throw CommandFailure(error)
        }
        if isRemembered, access(path, F_OK) != 0 {
            throw CommandFailure(
                .dataInaccessible, "\(path) is not there, and the database was sealed with a key; put the file back")
        }
        return try SealingKey.box(making: path)
    }

    /// Makes sure that the key is the one that the database remembers; the first one that comes is remembered.
    func settle(in journal: PostgresJournal) async throws(CommandFailure) {
        let remembered: String
        do throws(JournalError) {
            remembered = try await journal.rememberSealingKey(fingerprint: fingerprint)
        } catch {
            throw CommandFailure(error)
        }
        guard remembered == fingerprint else {
            throw CommandFailure(
                .dataInaccessible,
                "\(path) is not the key under which the database was sealed; every node needs that one")
        }
    }
}

import HTTPClient
import HTTPEffects
import HoldpointCore
import HoldpointEngine

/// Whom the calls of workflows and deliveries to webhooks may reach, and how long a call may take.
struct CallConfiguration: Sendable {
    /// The performer's part.
    private(set) var effects: HTTPEffects.Configuration
    /// How long one attempt may take, in milliseconds.
    let timeoutMilliseconds: Int64

    /// Reads the settings; throws for what cannot be.
    init(_ settings: Settings) throws(CommandFailure) {
        var effects = HTTPEffects.Configuration()
        let entries = (settings.givenText(.allowAddress) ?? "").split(separator: ",").map(String.init)
        do throws(InvalidAddressRule) {
            effects.addressRules = try AddressRules(allowing: entries)
        } catch {
            throw CommandFailure(.usage, "\(Setting.allowAddress.flag): \(error)")
        }
        effects.client.authoritiesFile = try Self.authorities(settings)
        self.effects = effects
        timeoutMilliseconds = Int64(settings.number(.callTimeoutSeconds)) * 1_000
    }

    /// Lets all that the engine may have under way at once run side by side: neither deliveries nor calls wait for one
    /// another.
    mutating func makeRoom(for engine: EngineConfiguration) {
        effects.client.maximumRunning = engine.callsAtOnce + engine.deliveriesAtOnce
    }

    /// The file of authorities: one that holds none would let every call fail, and only then.
    private static func authorities(_ settings: Settings) throws(CommandFailure) -> String? {
        guard let path = settings.givenText(.callAuthorities) else { return nil }
        let text = String(decoding: try InputText.file(path), as: UTF8.self)
        guard text.contains("-----BEGIN CERTIFICATE-----") || text.contains("-----BEGIN TRUSTED CERTIFICATE-----")
        else {
            throw CommandFailure(.usage, "\(Setting.callAuthorities.flag): \(path) has no certificate as PEM")
        }
        return path
    }
}

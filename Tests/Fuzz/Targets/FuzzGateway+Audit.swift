import HoldpointCore
import HoldpointPorts

extension FuzzGateway {
    var signingKey: SigningKey { SigningKey(id: "0000000000000000", publicKey: PublicKey(.zero)) }

    func receipt(of request: RequestID, in scope: Scope) async throws(GatewayError) -> Receipt {
        throw .rejected(Rejection(.requestNotFound, "there is nothing here"))
    }

    func auditLog(in scope: Scope, after number: Int64, limit: Int) async -> Page<ExportedAudit> {
        Page(items: [], nextCursor: nil)
    }

    func auditHead(in scope: Scope) async throws(GatewayError) -> SignedAuditHead {
        throw .rejected(Rejection(.sessionNotFound, "there is nothing here"))
    }
}

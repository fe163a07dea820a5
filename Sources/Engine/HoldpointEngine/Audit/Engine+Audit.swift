package import HoldpointCore
package import HoldpointPorts

extension Engine {
    package var signingKey: SigningKey {
        let key = services.ports.signer.publicKey
        return SigningKey(id: key.id(services.ports.hasher), publicKey: key)
    }

    package func receipt(of request: RequestID, in scope: Scope) async throws(GatewayError) -> Receipt {
        let row: AuditRow
        if let found = try await auditRow(of: request, in: scope) {
            row = found
        } else {
            guard try await self.request(request, in: scope).status != .pending else {
                throw .rejected(Rejection(.notDecided, "the request is pending: nothing was decided yet"))
            }
            row = try await awaitAudit(of: request, in: scope)
        }
        let record = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.request(request, in: scope)
        }
        let view = try record.map { record throws(GatewayError) in try self.view(of: record) }
        let receipt = Receipt(
            of: row, in: scope, key: services.ports.signer.publicKey, request: view?.request, closing: view?.closing)
        guard let receipt else {
            throw .rejected(Rejection(.commandDead, "what is stored of the receipt is not as it was written"))
        }
        return receipt
    }

    package func auditLog(
        in scope: Scope, after number: Int64, limit: Int
    ) async throws(GatewayError) -> Page<ExportedAudit> {
        // The row before is read with them, for the hash that the first one continues.
        let before = max(0, number - 1)
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.auditRows(
                in: scope, after: before, limit: limit + (number > 0 ? 2 : 1))
        }
        var previous = number == 0 ? AuditHead.beginning : found.first { $0.number == number }?.head
        let following = found.filter { $0.number > number }
        let items = following.prefix(limit).map { row in
            defer { previous = row.head }
            return ExportedAudit(
                row, in: scope, previous: previous?.number == row.number - 1 ? previous?.hash : nil)
        }
        let isFull = found.reduce(0) { $0 + $1.entry.count } >= JournalPage.bytes
        let next = items.last.map { String($0.row.number) } ?? (isFull ? String(number) : nil)
        return Page(items: items, nextCursor: following.count > limit || isFull ? next : nil)
    }

    package func auditHead(in scope: Scope) async throws(GatewayError) -> SignedAuditHead {
        let state = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.auditState(in: scope)
        }
        let ports = services.ports
        return SignedAuditHead(
            state.head, in: scope, at: ports.clock.now(), key: ports.signer.publicKey, hasher: ports.hasher,
            sign: ports.signer.sign)
    }

    private func auditRow(of request: RequestID, in scope: Scope) async throws(GatewayError) -> AuditRow? {
        try await reading { () throws(JournalError) in
            try await self.services.ports.journal.auditRow(of: request, in: scope)
        }
    }

    /// Waits a while until a decision is audited, by whichever node does it.
    private func awaitAudit(of request: RequestID, in scope: Scope) async throws(GatewayError) -> AuditRow {
        let clock = services.ports.clock
        let deadline = clock.now().adding(milliseconds: services.configuration.receiptWaitMilliseconds)
        await hub.listen(toFeedOf: scope)
        await services.audit.note([scope])
        do throws(GatewayError) {
            var found: AuditRow?
            while found == nil, clock.now() < deadline, !life.isStopping {
                let news = await services.audit.awaitNews(of: scope)
                // It may have been audited between the look and the registration.
                found = try await auditRow(of: request, in: scope)
                if found == nil { await news.wait(until: deadline, clock: clock) }
                await services.audit.forget(news, of: scope)
            }
            // What came with the deadline counts.
            if found == nil { found = try await auditRow(of: request, in: scope) }
            await hub.unlisten(toFeedOf: scope)
            guard let found else {
                throw .unavailable("the decision is not audited yet", retryAfter: .seconds(1))
            }
            return found
        } catch {
            await hub.unlisten(toFeedOf: scope)
            throw error
        }
    }
}

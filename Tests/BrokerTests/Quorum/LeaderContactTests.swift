import Model
import TestSupport
import Testing

@testable import Broker

@Suite("A follower's contact with the quorum's leader")
struct LeaderContactTests {
    private static func heard() -> LeaderContact {
        var contact = LeaderContact()
        contact.follows(2)
        contact.heard(from: 2)
        return contact
    }

    @Test func `is lost when the connection broke, and told once`() {
        var contact = Self.heard()
        contact.connectionBroke(to: 2, at: .zero + .seconds(5))
        contact.connectionBroke(to: 2, at: .zero + .seconds(6))
        #expect(contact.takeLost() == LostLeader(id: 2, since: .zero + .seconds(5)))
        #expect(contact.takeLost() == nil)
    }

    @Test func `is there again when it answers on another connection`() {
        var contact = Self.heard()
        contact.connectionBroke(to: 2, at: .zero)
        contact.heard(from: 2)
        #expect(contact.takeLost() == nil)
    }

    @Test func `was never there while only attempts failed`() {
        var contact = LeaderContact()
        contact.follows(2)
        contact.connectionBroke(to: 2, at: .zero)
        #expect(contact.takeLost() == nil)
    }

    @Test func `is not lost with another node's connection`() {
        var contact = Self.heard()
        contact.heard(from: 3)
        contact.connectionBroke(to: 3, at: .zero)
        #expect(contact.takeLost() == nil)
    }

    @Test func `begins anew with another leader`() {
        var contact = Self.heard()
        contact.connectionBroke(to: 2, at: .zero)
        contact.follows(2)
        #expect(contact != LeaderContact())
        contact.follows(3)
        #expect(contact.takeLost() == nil)
    }
}

internal import CPlatform
package import Model

/// The machine's two clocks. Loops read them once per turn; everybody else asks the loop.
package enum SystemClock {
    /// CLOCK_MONOTONIC: never steps back, stands still while the machine sleeps.
    package static func monotonic() -> Instant {
        Instant(nanoseconds: martlet_monotonic_nanoseconds())
    }

    /// CLOCK_REALTIME: may step when somebody sets it.
    package static func wall() -> Timestamp { Timestamp(martlet_wall_milliseconds()) }
}

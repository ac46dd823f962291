package io.emberfs.system;

import static org.awaitility.Awaitility.await;

import java.time.Duration;

/** The waits that the contract itself names; everything else is polled for. */
final class Waiting {
  /** What is given to {@code --attr-ttl} by tests that wait for it. */
  static final String ATTRIBUTE_TTL = "400ms";

  private static final Duration EXPIRY = Duration.ofMillis(600);
  private static final Duration OLD_AGE = Duration.ofMillis(3000);
  private static final Duration SLACK = Duration.ofSeconds(10);

  private Waiting() {}

  /**
   * Until no file written so far counts as young any more, so that its blocks may be kept across a
   * restart.
   */
  static void untilFilesAreOld() {
    pause(OLD_AGE);
  }

  /** Until whatever was known about the backing is older than {@link #ATTRIBUTE_TTL}. */
  static void untilAttributesExpire() {
    pause(EXPIRY);
  }

  /** A pause that is part of a random schedule. */
  static void pause(Duration length) {
    await().pollDelay(length).atMost(length.plus(SLACK)).until(() -> true);
  }
}

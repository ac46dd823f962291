package io.emberfs.persistence.state;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is kept of a start after a run that did not end cleanly.
 *
 * @param id 1 or more, ascending
 * @param lost the run before
 * @param run the one that started
 * @param answerMillis from the opening of the state directory until the mount answered; {@link
 *     #NOT_ANSWERED} if it never did
 * @param found what the start told, in its order: a {@link Long} or a {@link String} by each name
 */
public record StartRecord(
    long id, Run lost, Run run, long answerMillis, Map<String, Object> found) {
  /** Of a start that was refused, or lost as well, before its mount answered. */
  public static final long NOT_ANSWERED = -1;

  public StartRecord {
    found = Collections.unmodifiableMap(new LinkedHashMap<>(found));
  }
}

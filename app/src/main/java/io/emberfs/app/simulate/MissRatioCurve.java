package io.emberfs.app.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Miss ratio against cache size, as sizes to replay and as a picture of text. */
public final class MissRatioCurve {
  private static final double[] SHARES = {
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1
  };
  private static final int WIDTH = 60;

  private MissRatioCurve() {}

  /** Sizes from a thousandth of the distinct blocks to all of them, none twice. */
  public static List<Integer> sizes(int footprint) {
    List<Integer> sizes = new ArrayList<>();
    for (double share : SHARES) {
      int blocks = Math.max(1, (int) (footprint * share));
      if (!sizes.contains(blocks)) {
        sizes.add(blocks);
      }
    }
    return sizes;
  }

  /** One line for each size, with a bar as long as the share of accesses that missed. */
  public static String plot(String policy, List<Replay.Result> results) {
    StringBuilder picture = new StringBuilder(policy).append(": blocks, miss ratio\n");
    for (Replay.Result result : results) {
      picture.append(
          String.format(
              Locale.ROOT,
              "%10d %.4f %s%n",
              result.cacheBlocks(),
              result.all().missRatio(),
              "#".repeat((int) Math.round(result.all().missRatio() * WIDTH))));
    }
    return picture.toString();
  }
}

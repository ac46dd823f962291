package io.emberfs.fuse.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HandleTableTest {
  @Test
  void aHandleFindsItsObjectUntilItIsGivenBack() {
    HandleTable<String> table = new HandleTable<>(4);
    long handle = table.add("a");

    assertThat(table.get(handle)).isEqualTo("a");
    assertThat(table.remove(handle)).isEqualTo("a");
    assertThat(table.get(handle)).isNull();
    assertThat(table.remove(handle)).isNull();
    assertThat(table.count()).isZero();
  }

  @Test
  void anOldHandleDoesNotFindTheNextObjectInItsPlace() {
    HandleTable<String> table = new HandleTable<>(1);
    long old = table.add("old");
    table.remove(old);
    long young = table.add("young");

    assertThat(young).isNotEqualTo(old);
    assertThat(table.get(old)).isNull();
    assertThat(table.get(young)).isEqualTo("young");
  }

  @Test
  void noHandleIsZeroAndForeignNumbersFindNothing() {
    HandleTable<String> table = new HandleTable<>(4);

    assertThat(table.add("a")).isNotZero();
    assertThat(table.get(0)).isNull();
    assertThat(table.get(-1)).isNull();
    assertThat(table.get(Long.MAX_VALUE)).isNull();
    assertThat(table.get(5)).isNull();
  }

  @Test
  void theBoundIsKeptAndGivenBackPlacesAreUsedAgain() {
    HandleTable<Integer> table = new HandleTable<>(1000);
    List<Long> handles = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      handles.add(table.add(i));
    }

    assertThat(handles).doesNotContain(0L).doesNotHaveDuplicates();
    assertThat(table.add(1000)).isZero();
    assertThat(table.get(handles.get(777))).isEqualTo(777);
    table.remove(handles.get(500));
    assertThat(table.add(1001)).isNotZero();
    assertThat(table.count()).isEqualTo(1000);
  }

  @Test
  void removingAllHandsEveryObjectOver() {
    HandleTable<Integer> table = new HandleTable<>(10);
    long second = 0;
    for (int i = 0; i < 5; i++) {
      long handle = table.add(i);
      second = i == 1 ? handle : second;
    }
    table.remove(second);
    List<Integer> left = new ArrayList<>();
    table.removeAll(left::add);

    assertThat(left).containsExactly(0, 2, 3, 4);
    assertThat(table.count()).isZero();
  }
}

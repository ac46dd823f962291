# A small C project with a linked header directory, built in parallel, rebuilt after a touch, and run.
mkdir -p real-include src
ln -s real-include include
for i in 1 2 3 4 5 6 7 8; do
  echo "int part$i(int n);" >"real-include/part$i.h"
  printf '#include "part%s.h"\nint part%s(int n) { return n * %s; }\n' $i $i $i >"src/part$i.c"
done
{
  for i in 1 2 3 4 5 6 7 8; do echo "#include \"part$i.h\""; done
  echo '#include <stdio.h>'
  echo 'int main(void) { int sum = 0;'
  for i in 1 2 3 4 5 6 7 8; do echo "sum += part$i($i);"; done
  cat <<'C'
  printf("%d\n", sum); return 0; }
C
} >src/main.c
cat >Makefile <<'M'
OBJECTS := $(patsubst src/%.c,%.o,$(sort $(wildcard src/*.c)))
program: $(OBJECTS)
	gcc -o $@ $^
%.o: src/%.c include/part1.h
	gcc -O1 -Iinclude -c -o $@ $<
M
make -s -j2
./program
make -q && echo 'nothing to do'
touch real-include/part1.h
make -q || echo 'to be built again'
make -s -j2
./program

# SPDX-License-Identifier: MIT
# A question's samples do not depend on its place in the file, nor on its neighbours.
. "$(dirname "$0")/lib.sh"

# Nine questions, the first two of which come again at the end.
awk 'BEGIN { for (i = 0; i < 9; i++)
    printf "{\"key\": \"k%d\", \"question\": \"What is %d + 2?\", \"answer\": %d}\n", i, i % 7, i % 7 + 2 }' >forward.given
awk '{ line[NR] = $0 } END { for (i = 0; i < NR; i++) print line[(i * 4 + 2) % NR + 1] }' forward.given >shuffled.given
sed -n '3,5p' forward.given >part.given
cmp -s forward.given shuffled.given && fail "not shuffled"
for file in forward shuffled part; do
    sed 's/"key": "[^"]*", //' $file.given >$file.text
done

for ids in text given; do
    [ $ids = text ] && field= || field=key
    for file in forward shuffled part; do
        rm -f $file.records
        job $file --set data.questions=$file.$ids --set data.limit=all --set data.id_field=$field \
            --set generate.questions_in_flight=4 || fail "ids: $ids, $file"
        sed 's/"question_index": [0-9]*, //' $file.records | sort >$file.rows # without the place in the file
        rm -f $file.json
    done
    cmp forward.rows shuffled.rows >&2 || fail "ids: $ids: the order shows"
    cmp -s forward.records shuffled.records && fail "ids: $ids: the rows are not in input order"
    mv part.rows part.lines
    [ "$(wc -l <part.lines)" -eq 15 ] || fail "ids: $ids: $(wc -l <part.lines) samples, not 15"
    while IFS= read -r line; do
        grep -qxF -e "$line" forward.rows || fail "ids: $ids: neighbours show: $line"
    done <part.lines
    # Questions that come twice are drawn anew each time.
    sed -n 's/.*"completion": //p' forward.records | sort | uniq -d >twice
    [ "$(wc -l <twice)" -le 4 ] || fail "ids: $ids: repeated questions have the same samples"
done

job twice --set data.questions=forward.given --set data.limit=all --set data.id_field=answer && fail "an id given twice was taken"
grep -q 'forward.given' twice.log || fail "the message about an id given twice does not name the file"

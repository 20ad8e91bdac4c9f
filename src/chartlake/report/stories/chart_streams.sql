-- measures the streams of all entries of each edition, of those whose streams are all known
select ordinal, chart_date, streams as value, entry_count
from calendar
where streams is not null
